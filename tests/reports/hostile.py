"""What strangers write into log lines, paths and process names."""

from __future__ import annotations

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>",
    "quotes": "\"'><style>*{display:none}</style>",
    "template": "{{ 7*7 }}{% include 'x' %}",
    "rich": "[bold red]x[/bold red][/][link=http://evil.example]y[/link]:smile:",
    "escapes": "\x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f\r\nroot#",
    "right-to-left": "\u202egnp.exe\u202c\u2066\u200b\ufeff",
    "not-utf8": "caf\udce9.log",
    "long": "A" * 100_000,
    "long-cjk": "\u6f22" * 5_000,
    "empty": "",
}
