"""Taking samples of one's own: a window in which a class fills a folder for each class.

Devices are of ``services/capture``, the folder is of ``core/data/readers/collection``; what is
learned from it is the Data panel's affair.
"""
