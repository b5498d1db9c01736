using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Portico.Benchmarks.KnownHeadersBenchmark).Assembly).Run(args);
