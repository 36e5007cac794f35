"""The canvas: the view and its viewport. ``scene`` says what is drawn, ``paint`` how, ``input``
handles the pointer and keyboard, and ``accessibility`` serves screen readers."""
