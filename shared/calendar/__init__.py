"""The vocabulary: meeting requests, conferences, occurrences, global object ids. Pure; no I/O."""
