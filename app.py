"""The launcher: `python app.py` serves the playground. PORT and HOST choose where."""

import streamlit as st
from starlette.middleware import Middleware

from engine.live import incoming, room
from pages.ui.gate import Gate
from pages.ui.serve import lifespan, routes
from pages.ui.settings import settings

room.widen()
incoming.install()
app = st.App("pages/shell.py", routes=routes(), middleware=[Middleware(Gate)], lifespan=lifespan)

if __name__ == "__main__":
    app.run(config=settings())
