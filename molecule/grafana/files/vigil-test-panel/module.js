// Shows nothing.
