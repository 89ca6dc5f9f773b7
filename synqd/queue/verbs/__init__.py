"""What can be done with the queue, a class for each thing that it keeps."""
