"""The imperative shell: everything that touches a socket, a file or a clock. `app` is the composition root."""
