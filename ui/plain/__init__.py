"""Pages for strangers, as plain HTML: no socket, nothing kept on the server, no JavaScript needed."""
