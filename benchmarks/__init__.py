"""Benchmarks: how fast synqd is, and how small, against bare baselines measured in the same run.

``python -m benchmarks.run`` prints one table and writes JSON; ``docs/performance.md`` tells the method. Each
figure stands beside a baseline that does the unavoidable part of the same work and nothing else: sqlite3 in
one thread, or a pipeline asyncmy -> orjson -> aiohttp. Both run in turns on the same machine, so that a ratio
holds elsewhere, while rates and microseconds speak of the machine that the result names.

``shop``      makes Magento-shaped shops of any size
``arena``     a private MariaDB with a shop, the fake Synerise and the daemon, each a process of its own
``bare``      the bare pipeline, a process of its own too
``queue``     enqueueing, leasing and recording, at any depth; and the raw sqlite3 beside it
``transfer``  full synchronizations end to end
``latency``   from the commit in Magento until the fake has stored it, idle and under load
``staging``   what versions of products cost a chunk (content staging); a script of its own
``standing``  what the daemon costs at rest, and how fast it starts and answers
``table``     goals, figures, ratios
"""
