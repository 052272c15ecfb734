// http with its defaults: server.js PORT; or server.js PORT ADDRESS [KEEP_ALIVE_MS]. A path with 'report' takes a while.
const [port, address = '127.0.0.1', keepAliveMs] = process.argv.slice(2);
const delayMs = (path) => path.includes('report') ? 2200 : 0;
const server = require('http').createServer((request, answer) => setTimeout(() => answer.end('pong'), delayMs(request.url)));
if (keepAliveMs) server.keepAliveTimeout = Number(keepAliveMs);
server.listen(Number(port), address);
