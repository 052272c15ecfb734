worker_class = "gthread"
bind = "0.0.0.0:9999"
threads = 8
keepalive = 75
