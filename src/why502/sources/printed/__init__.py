"""What `ss`, `netstat`, `nstat` and `sysctl` printed, as people save it: looks at a host without `collect`.

`dates` finds the looks of a loop, `sockets`, `counters` and `sysctls` read one line each, `looks` puts together what
belongs to one host and one moment, `reader` is what `sources` finds.
"""
