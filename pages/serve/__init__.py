"""The server around the pages: routes, settings, host check, browser components."""
