"""A functions host for a local machine. Like the host in Azure, it runs Microsoft's worker runtime.

    worker.py    indexes the app and runs functions (azure-functions-runtime, in this process)
    protos.py    the messages between host and worker
    config.py    host.json, %SETTING%
    routes.py    ASP.NET route templates
    http.py      requests → invocations → responses
    queues.py    queue triggers and outputs, retries, poison queues
    timers.py    NCRONTAB schedules on a movable clock
    control.py   /dev/clock and /dev/run: this host only
    host.py      all of them together

The behaviour follows the sources of azure-functions-host, azure-webjobs-sdk-extensions and the storage extension in
azure-sdk-for-net, and docs/facts/azure-functions.md. Streaming, input bindings and scaling are not implemented.
"""
