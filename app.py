"""The launcher: `python app.py` serves the playground. PORT and HOST choose where."""

import streamlit as st
from starlette.middleware import Middleware

from engine import settings
from engine.live import descriptor_budget, message_limits
from pages.serve.app import lifespan, list_routes
from pages.serve.host_check import HostCheck
from pages.settings import build_streamlit_options

descriptor_budget.raise_limit()
message_limits.install()
gate = Middleware(HostCheck, settings=settings.read())
app = st.App("pages/shell.py", routes=list_routes(), middleware=[gate], lifespan=lifespan)

if __name__ == "__main__":
    app.run(config=build_streamlit_options(settings.read()))
