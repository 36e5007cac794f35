"""ONNX files as projects: operators become layers of the catalog, channels first channels last.

A file is accepted only if the network that was made of it predicts what the file predicts.
"""
