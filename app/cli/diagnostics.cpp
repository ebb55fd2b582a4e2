#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/confine.h"
#include "core/generate/Generator.h"
#include "core/job/JobQueue.h"

namespace phloxine::cli {

namespace {

std::string processorName() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

} // namespace

Run addDiagnostics(CLI::App&) {
    return [](const Context& context) { // no paths, no user or host names
        utsname system{};
        uname(&system);
        refreshDeviceStatus();
        const auto device = deviceStatus();
        Json models = Json::array();
        for (const auto& entry : ModelStore().list()) models.push_back(entry.card.id + " " + entry.card.version);
        const Json report{{"build", buildName("auto")},
                          {"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
                          {"processor", processorName()},
                          {"cores", sysconf(_SC_NPROCESSORS_ONLN)},
                          {"memory_bytes", device.memoryTotal},
                          {"device", device.name},
                          {"encoders_confined_by", layerWords(offeredLayers())},
                          {"models", models}};
        if (context.json) print(report);
        else
            for (const auto& [key, value] : report.items())
                print(key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
        return 0;
    };
}

} // namespace phloxine::cli
