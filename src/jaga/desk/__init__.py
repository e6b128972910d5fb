"""Pages that gather from many subjects: the case page, the overview, the dashboard. Above all subjects."""
