"""Transports: the graph over HTTP (SPARQL 1.1, pages, files) and over the Model Context Protocol.

limits      what one question may cost
answers     a question → an answer, in a worker, from a snapshot in memory
cut         answers that are too long, cut where a row ends
worker      the processes that answer: no file, no connection, bounded memory, killed at the limit
pool        questions to workers: a bounded queue, dead workers replaced, a new graph swapped in
protocol    what an HTTP request asks: SPARQL 1.1 Protocol, content negotiation
description what the endpoint says of itself: service description, VoID
gate        who may ask: Host, Origin, token; and the headers of every answer
web         the routes
assistant   the tools for AI assistants
"""
