"""The launcher: `python app.py` serves the playground. PORT and HOST choose where."""

import streamlit as st

from pages.ui.serve import lifespan, routes
from pages.ui.settings import settings

app = st.App("pages/shell.py", routes=routes(), lifespan=lifespan)

if __name__ == "__main__":
    app.run(config=settings())
