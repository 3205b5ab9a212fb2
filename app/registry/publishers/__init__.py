"""Publishers: the names under which tenants offer plug-ins to everybody."""
