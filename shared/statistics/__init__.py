"""Counts for the overview (W5): small daily numbers, never computed from all meetings.

rows.py        table `statistics`: its partitions and keys
counts.py      what is counted; classes of times to answer, and their percentiles
counters.py    the counters: each process writes its own rows
reading.py     an integration's or the deployment's days; merging and removing old rows
forecast.py    how many rooms are open at the same time, hour by hour
former_alarms.py  cleared alarms
"""
