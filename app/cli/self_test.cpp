#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "core/slide/SlideSource.h"

namespace phloxine::cli {

namespace {

struct Check {
    const char* title;
    std::function<std::string()> run; // a sentence; throws when it fails
};

std::string makeTile(const Context& context) {
    ModelStore store;
    GenerateRequest request;
    const auto card = store.find("").card;
    if (!card.classes.empty()) request.classId = card.classes.front().id;
    request.seed = 1;
    Tile first, second;
    GenerateHooks hooks;
    hooks.step = [&](int, int step, int steps) { context.progress({"Making a tile", double(step) / steps}); };
    hooks.tile = [&](int, const Tile& tile) { first = tile; };
    generate(store, request, hooks);
    hooks.tile = [&](int, const Tile& tile) { second = tile; };
    generate(store, request, hooks);
    if (!(first.image == second.image))
        throw Error(ErrorCode::Internal, "The same request gave two different tiles; this machine computes unreliably.");
    return "A tile took " + Json(std::round(second.seconds * 100) / 100).dump() + " s in " + second.request.precision + " on " +
           second.request.device + ", and came out the same twice.";
}

std::string readSlide() {
    const auto slide = openSlide(resourcesFolder() / "slides" / "CMU-1-Small-Region.svs");
    const auto region = readRegion(*slide, 1000, 1000, 64, 64, 1.0);
    if (region.width != 64 || slide->unreadableReads())
        throw Error(ErrorCode::Corrupt, "The sample slide cannot be read; install Phloxine again.");
    return "The sample slide is read at scale.";
}

} // namespace

Run addSelfTest(CLI::App&) {
    return [](const Context& context) {
        const Check checks[] = {{"model", [] { return "The embedded model is " + ModelStore().find("").card.title + "."; }},
                                {"slide", readSlide},
                                {"tile", [&] { return makeTile(context); }}};
        Json results = Json::array();
        bool fit = true;
        for (const auto& check : checks) {
            bool pass = true;
            std::string sentence;
            try {
                sentence = check.run();
            } catch (const std::exception& e) { pass = false, sentence = firstLine(e); }
            context.progress({"", 1});
            fit = fit && pass;
            results.push_back({{"check", check.title}, {"pass", pass}, {"message", sentence}});
            if (!context.json) print((pass ? "ok      " : "failed  ") + sentence);
        }
        if (context.json) print(Json{{"fit", fit}, {"checks", results}});
        return fit ? 0 : 1;
    };
}

} // namespace phloxine::cli
