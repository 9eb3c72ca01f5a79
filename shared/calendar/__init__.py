"""The calendar's basic types: meeting requests, conferences, occurrences, global object ids. Pure, without I/O."""
