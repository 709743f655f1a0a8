"""Where events come in: the door over HTTP, and the server that holds it open."""
