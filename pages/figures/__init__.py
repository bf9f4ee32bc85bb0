"""Figures at rest: data → plotly figure. No streamlit in here."""
