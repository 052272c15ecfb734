workers = 200
worker_class = "sync"
