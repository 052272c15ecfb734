workers = 2
worker_class = "sync"
