"""Texts that are something else in Markdown, in HTML or in Streamlit's own signs."""

TEXTS = (
    "my_file_name_2.csv",
    "*a* **b** __c__ ~~d~~ ~e~",
    ":smile: :+1: :material/home: :material_home: :streamlit:",
    ":red[x] :blue-background[y] :small[z] ::red[x] :::note",
    "$a_1$ and $$b^2$$ for $5",
    "`code` ``more`` \\ \\n",
    "[link](http://example.org) ![image](x.png) [^1] [ref]: x",
    "<b>bold</b> <script>alert(1)</script> &amp; &lt;",
    "http://example.org www.example.org me@example.org",
    "a -- b -> c <- d <-> e >= f <= g ~= h --",
    "1. list",
    "- item",
    "+ item",
    "> quote",
    "# heading",
    "| a | b |",
    "---",
    "{x} {{y}} %s %(name)s",
    "columna ñ, 列 · ünïcode",
)
