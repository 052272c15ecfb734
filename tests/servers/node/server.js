// http with its defaults; the port is the only argument.
require('http').createServer((request, answer) => answer.end('pong')).listen(Number(process.argv[2]), '127.0.0.1');
