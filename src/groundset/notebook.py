"""The page inside JupyterLab."""
