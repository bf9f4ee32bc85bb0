"""Jobs: long work in processes of its own, admitted, limited and cancellable. See `job.Job` and `execution.submit`."""
