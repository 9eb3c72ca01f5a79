"""The entry point. It only creates the FunctionApp and registers the blueprints."""

import azure.functions as func

from functions import addin, console, mailbox, management, operations, policy, sign_in, timers

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for triggers in (addin, sign_in, mailbox, timers, management, policy, operations, console):
    app.register_functions(triggers.bp)
