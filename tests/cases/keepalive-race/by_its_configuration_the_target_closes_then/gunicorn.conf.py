worker_class = "gthread"
bind = "0.0.0.0:8080"
threads = 8
keepalive = 5
