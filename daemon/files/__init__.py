"""Files of the user: photographs, dots, and folders of photographs at a time."""
