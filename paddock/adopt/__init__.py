"""An endpoint that somebody made by hand, or with oracle-ads, becomes a model of this project.

`found` reads it from OCI; `model_yaml_text`, `import_file` and `state_patch` plan, all pure; `acting` carries it out.
"""
