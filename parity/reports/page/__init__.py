"""The page of a run: one HTML file, made from the run file alone, which loads nothing.

`page.html` is the frame, `page.css` and `page.js` go into it as they are, and the page's policy
lets the browser run and apply these two and nothing else: neither a script in a payload, nor an
attribute with code or style, nor any address. `marking` writes what came from outside.
"""
