"""The fence around pygeoapi: the only place that imports it. It reads and answers what OGC API - Processes asks for; who
asks, what is checked before, how it runs and what an answer looks like is ours."""
