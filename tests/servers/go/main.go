// net/http with its defaults: main PORT; or main ADDRESS:PORT [IDLE_MS], with an idle timeout, for it has none of its own.
package main

import (
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) { io.WriteString(answer, "pong") })
	server := http.Server{Addr: os.Args[1]}
	if !strings.Contains(server.Addr, ":") {
		server.Addr = "127.0.0.1:" + server.Addr
	}
	if len(os.Args) > 2 {
		idle, _ := strconv.Atoi(os.Args[2])
		server.IdleTimeout = time.Duration(idle) * time.Millisecond
	}
	server.ListenAndServe()
}
