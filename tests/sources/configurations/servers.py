"""Configurations of targets, and what they limit: `TargetSetting` as text, with its limit, address and line."""

from __future__ import annotations

SERVER_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Server port="8005" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Executor name="pool" namePrefix="exec-" maxThreads="150" minSpareThreads="4"/>
    <Connector port="8080" protocol="HTTP/1.1"
               connectionTimeout="20000" acceptCount="1" maxThreads="200"
               redirectPort="8443" />
    <Connector port="${ajp.port}" protocol="AJP/1.3" executor="pool" keepAliveTimeout="-1" connectionTimeout="5000"/>
    <!-- <Connector port="9999" acceptCount="7"/> -->
    <Connector port="8081" keepAliveTimeout="75000" connectionTimeout="20000" maxThreads="${threads}"/>
  </Service>
</Server>
"""
DROPWIZARD = """server:
  applicationConnectors:
    - type: http
      port: 8080
      acceptQueueSize: 1
      idleTimeout: 5 seconds
    - type: https
      idleTimeout: ${IDLE}
      port: 8443
  adminConnectors:
    - type: http
      port: 8081
      acceptQueueSize: 3
  maxThreads: 1024
"""
SPRING_YAML = """spring:
  application: {name: shop}
server:
  port: 9000
  tomcat:
    accept-count: 10
    connection-timeout: 5s
    threads:
      max: 20
"""
PROPERTIES = """# server.port=1
server.port = 8085
server.tomcat.keep-alive-timeout=75000
server.tomcat.connection-timeout=20000
server.tomcat.accept_count: 100
server.undertow.no-request-timeout=PT1M30S
spring.datasource.url=jdbc:h2:mem:x
"""
GUNICORN = """import multiprocessing
bind = "0.0.0.0:8000"
workers = 4
timeout = 30
keepalive = 75
backlog = 64
accesslog = "-"
"""
GTHREAD = """bind = ["0.0.0.0:8000"]
worker_class = "gthread"
workers = 2
threads = 8
keepalive = 5
timeout = 30
if True:
    backlog = 1
"""
GUNICORN_COMPUTED = """workers = multiprocessing.cpu_count() * 2 + 1
timeout = 30
timeout = 60
keepalive = 5
worker_class = "uvicorn.workers.UvicornWorker"
"""
PUMA = """# threads 1, 1
threads 5, 5
workers 2
port ENV.fetch("PORT") { 3000 }
bind "tcp://0.0.0.0:9292?backlog=7"
persistent_timeout 20
preload_app!
"""
PUMA_COMPUTED = """threads_count = ENV.fetch("RAILS_MAX_THREADS", 5)
threads threads_count, threads_count
port 3000
plugin :tmp_restart
enable_keep_alives(false)
"""
UNICORN = """worker_processes 4
working_directory "/srv/app"
listen "/run/unicorn.sock", :backlog => 64
listen 8080, backlog: 5, tcp_nopush: true
timeout 30
"""
PHP_FPM = """[global]
pid = /run/php-fpm.pid
[www]
user = www-data
listen = /run/php/php-fpm.sock ; the socket
listen.backlog = 511
pm = dynamic
pm.max_children = 5
;request_terminate_timeout = 1
request_terminate_timeout = 1m
[api]
listen = 127.0.0.1:9001
pm = static
pm.max_children = %(children)
"""
UWSGI = """[uwsgi]
http-socket = :3031
processes = 4
threads = 2
harakiri = 20
listen = 100
# listen = 1
"""
UWSGI_GEVENT = """[uwsgi]
socket = /run/uwsgi.sock
workers = 4
gevent = 100
listen = 5
"""

EXPECTED = {
    SERVER_XML: [
        "acceptCount 1 of Tomcat [x:5] backlog 8080",
        "maxThreads 200 of Tomcat [x:5] workers 8080",
        "connectionTimeout 20 s of Tomcat [x:5] keepalive 8080",
        "maxThreads 150 of Tomcat [x:8] workers",
        "keepAliveTimeout 75 s of Tomcat [x:10] keepalive 8081",
    ],
    DROPWIZARD: [
        "server.applicationConnectors.acceptQueueSize 1 of Dropwizard [x:5] backlog 8080",
        "server.applicationConnectors.idleTimeout 5 s of Dropwizard [x:6] keepalive 8080",
    ],
    SPRING_YAML: [
        "server.tomcat.accept-count 10 of Spring Boot [x:6] backlog 9000",
        "server.tomcat.connection-timeout 5 s of Spring Boot [x:7] keepalive 9000",
        "server.tomcat.threads.max 20 of Spring Boot [x:9] workers 9000",
    ],
    PROPERTIES: [
        "server.tomcat.keep-alive-timeout 75 s of Spring Boot [x:3] keepalive 8085",
        "server.tomcat.accept_count 100 of Spring Boot [x:5] backlog 8085",
        "server.undertow.no-request-timeout 90 s of Spring Boot [x:6] keepalive 8085",
    ],
    GUNICORN: [
        "backlog 64 of gunicorn [x:6] backlog 8000",
        "workers 4 of gunicorn [x:3] workers 8000",
        "timeout 30 s of gunicorn [x:4] work 8000",
    ],
    GTHREAD: [
        "keepalive 5 s of gunicorn [x:5] keepalive",
        "workers x threads 16 of gunicorn [x:3] workers",
    ],
    GUNICORN_COMPUTED: ["keepalive 5 s of gunicorn [x:4] keepalive"],
    PUMA: [
        "persistent_timeout 20 s of Puma [x:6] keepalive 9292",
        "backlog 7 of Puma [x:5] backlog 9292",
        "workers x threads 10 of Puma [x:2] workers 9292",
    ],
    PUMA_COMPUTED: ["enable_keep_alives false, that is keep-alive 0 s of Puma [x:5] keepalive 3000"],
    UNICORN: [
        "backlog 64 of Unicorn [x:3] backlog unix:/run/unicorn.sock",
        "backlog 5 of Unicorn [x:4] backlog 8080",
        "worker_processes 4 of Unicorn [x:1] workers",
        "timeout 30 s of Unicorn [x:5] work",
    ],
    PHP_FPM: [
        "listen.backlog 511 of PHP-FPM (pool www) [x:6] backlog unix:/run/php/php-fpm.sock",
        "pm.max_children 5 of PHP-FPM (pool www) [x:8] workers unix:/run/php/php-fpm.sock",
        "request_terminate_timeout 60 s of PHP-FPM (pool www) [x:10] work unix:/run/php/php-fpm.sock",
    ],
    UWSGI: [
        "listen 100 of uWSGI [x:6] backlog 3031",
        "processes x threads 8 of uWSGI [x:3] workers 3031",
        "harakiri 20 s of uWSGI [x:5] work 3031",
    ],
    UWSGI_GEVENT: ["listen 5 of uWSGI [x:5] backlog unix:/run/uwsgi.sock"],
}
