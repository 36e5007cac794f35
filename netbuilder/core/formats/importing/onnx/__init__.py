"""Import ONNX files: operators become layers, channels-first becomes channels-last.

A file is accepted only if the imported network predicts the same.
"""
