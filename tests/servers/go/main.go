// net/http with its defaults; the port is the only argument.
package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) { io.WriteString(answer, "pong") })
	http.ListenAndServe("127.0.0.1:"+os.Args[1], nil)
}
