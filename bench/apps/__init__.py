"""What `x.py bench app` runs in processes of their own: the company behind a socket, a cold start, a fling."""
