"""The launcher: `python app.py` serves the playground. PORT and HOST choose where."""

import streamlit as st
from starlette.middleware import Middleware

from engine import settings
from engine.live import descriptor_budget, message_limits
from pages.serve.app import lifespan, routes
from pages.serve.host_check import Gate
from pages.settings import streamlit_options

descriptor_budget.raise_limit()
message_limits.install()
gate = Middleware(Gate, settings=settings.read())
app = st.App("pages/shell.py", routes=routes(), middleware=[gate], lifespan=lifespan)

if __name__ == "__main__":
    app.run(config=streamlit_options(settings.read()))
