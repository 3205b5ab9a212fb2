"""Icons: pictures of plug-ins and publishers."""
