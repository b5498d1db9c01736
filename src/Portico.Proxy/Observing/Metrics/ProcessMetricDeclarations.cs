namespace Portico.Proxy.Observing.Metrics;

/// <summary>Metrics about the process, filled by <see cref="ProcessMetrics"/>.</summary>
public static class ProcessMetricDeclarations
{
    public static MetricDeclaration Cpu { get; } = new(
        "process_cpu_seconds_total", MetricType.Counter, "Total user and system CPU time spent in seconds");

    public static MetricDeclaration ResidentMemory { get; } = new(
        "process_resident_memory_bytes", MetricType.Gauge, "Resident memory size in bytes");

    public static MetricDeclaration VirtualMemory { get; } = new(
        "process_virtual_memory_bytes", MetricType.Gauge, "Virtual memory size in bytes");

    public static MetricDeclaration StartTime { get; } = new(
        "process_start_time_seconds", MetricType.Gauge, "Start time of the process since unix epoch in seconds");

    public static MetricDeclaration OpenFiles { get; } = new(
        "process_open_fds", MetricType.Gauge, "Number of open file descriptors");

    public static MetricDeclaration MaxFiles { get; } = new(
        "process_max_fds", MetricType.Gauge, "Maximum number of open file descriptors");

    public static MetricDeclaration Collections { get; } = new(
        "portico_gc_collections_total", MetricType.Counter, "Garbage collections by generation", "generation");

    public static MetricDeclaration HeapBytes { get; } = new(
        "portico_gc_heap_bytes", MetricType.Gauge, "Managed memory in use");

    public static MetricDeclaration AllocatedBytes { get; } = new(
        "portico_gc_allocated_bytes_total", MetricType.Counter, "Managed memory allocated since the start");

    public static MetricDeclaration PauseSeconds { get; } = new(
        "portico_gc_pause_seconds_total", MetricType.Counter, "Time that all threads stood still for the garbage collector");

    public static MetricDeclaration NginxProcesses { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_num_procs", MetricType.Gauge, "Number of proxy processes");

    public static MetricDeclaration NginxCpu { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_cpu_seconds_total", MetricType.Counter, "CPU usage in seconds");

    public static MetricDeclaration NginxReadBytes { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_read_bytes_total", MetricType.Counter, "Number of bytes read from storage");

    public static MetricDeclaration NginxWriteBytes { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_write_bytes_total", MetricType.Counter, "Number of bytes written to storage");

    public static MetricDeclaration NginxResidentMemory { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_resident_memory_bytes", MetricType.Gauge, "Number of bytes of memory in use");

    public static MetricDeclaration NginxVirtualMemory { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_virtual_memory_bytes", MetricType.Gauge, "Number of bytes of address space in use");

    public static MetricDeclaration NginxOldestStartTime { get; } = Nginx(
        "nginx_ingress_controller_nginx_process_oldest_start_time_seconds", MetricType.Gauge, "Start time in seconds since 1970/01/01");

    public static IReadOnlyList<MetricDeclaration> All { get; } =
    [
        Cpu, ResidentMemory, VirtualMemory, StartTime, OpenFiles, MaxFiles, Collections, HeapBytes, AllocatedBytes, PauseSeconds,
        NginxProcesses, NginxCpu, NginxReadBytes, NginxWriteBytes, NginxResidentMemory, NginxVirtualMemory, NginxOldestStartTime,
    ];

    private static MetricDeclaration Nginx(string name, MetricType type, string help) => new(name, type, help) { HasConstantLabels = true };
}
