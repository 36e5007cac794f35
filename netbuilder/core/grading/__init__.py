"""Hand in and grade a class's work: judge a folder of files in bounded processes, and report."""
