"""What several sources share: their cursors, what a batch is gathered in, and the text of a page."""
