#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/generate/Generator.h"

namespace phloxine {

std::string xmpOfSource(bool composite) {
    const std::string source = composite ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia";
    return R"(<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/)" +
           source + R"(" xmp:CreatorTool="Phloxine"/></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>)";
}

std::vector<TextChunk> provenance(const GenerateRequest& resolved) {
    return {{"phloxine", toJson(resolved).dump()},
            {"parameters", parametersText(resolved)},
            {"XML:com.adobe.xmp", xmpOfSource(isComposite(resolved))}};
}

GenerateRequest requestFromPng(const std::filesystem::path& path) {
    const auto name = path.filename().string();
    for (const auto& chunk : readPngTexts(path))
        if (chunk.keyword == "phloxine")
            return generateRequestFromJson(parseJson(chunk.text, "the provenance of " + name), "the provenance of " + name);
    throw Error(ErrorCode::NotFound, name + " carries no provenance of Phloxine, so it cannot be told how it was made.");
}

} // namespace phloxine
