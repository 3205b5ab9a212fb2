"""The record of changes, as those read it who answer for a tenant or for the platform."""
