"""Lines of exported scripts about the data, shared by several kinds."""
