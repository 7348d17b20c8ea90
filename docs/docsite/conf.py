# Copyright: mcp_ops.oauth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The documentation site. `build.py` calls Sphinx with this file; Sphinx documents the names of the settings."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

project = "mcp_ops.oauth"
copyright = "mcp_ops.oauth contributors"
html_title = "mcp_ops.oauth"
language = "en"

extensions = ["myst_parser", "sphinx_antsibull_ext", "docs.docsite.pages"]
nitpicky = True
# Options such as --check keep their hyphens.
smartquotes = False
default_role = "any"
highlight_language = "text"
# Slugs as GitHub makes them, so that a link to a heading works in both places.
myst_heading_anchors = 4
# The colours of the option tables are in site.css, where they follow the theme's light and dark mode.
antsibull_ext_color_scheme = "none"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
html_theme_options = {
    "footer_icons": [
        {
            "name": "Repository on GitHub",
            "url": "https://github.com/mcp-ops/oauth",
            "html": "GitHub",
            "class": "footer-text",
        }
    ],
}
