#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include <spng.h>

#include "core/base/Error.h"
#include "core/image/ImageFile.h"
#include "core/image/formats.h"

namespace phloxine {

namespace {

// Our own iTXt with "<microns per pixel> <source>": pHYs alone cannot say where a scale comes from. It is not part of PngFile::texts.
constexpr const char* scaleKeyword = "phloxine-scale";
constexpr const char* requestKeyword = "phloxine";

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

Error pngError(int code, const std::string& name) {
    const std::string details = spng_strerror(code);
    switch (code) {
    case SPNG_IO_EOF:
        return Error(ErrorCode::Truncated, name + " is cut off: the end of the PNG is missing. Copy the file again.", details);
    case SPNG_EMEM:
        return Error(ErrorCode::OutOfMemory, "There is not enough memory to read " + name + ".", details);
    case SPNG_EUSER_WIDTH:
    case SPNG_EUSER_HEIGHT:
        return Error(ErrorCode::Unsupported, name + " is too large to be read as one image.", details);
    default:
        return Error(ErrorCode::Corrupt, name + " is not a usable PNG (" + details + ").", details);
    }
}

Context openPng(std::string_view bytes, const std::string& name) {
    if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) throw Error(ErrorCode::Corrupt, name + " is not a PNG.");
    Context context(spng_ctx_new(0), &spng_ctx_free);
    if (!context) throw pngError(SPNG_EMEM, name);
    spng_set_image_limits(context.get(), 1u << 16, 1u << 16);
    spng_set_chunk_limits(context.get(), 32u << 20, 64u << 20); // unpacked text included
    if (const int code = spng_set_png_buffer(context.get(), bytes.data(), bytes.size())) throw pngError(code, name);
    return context;
}

std::string utf8FromLatin1(std::string_view latin1) {
    std::string utf8;
    for (const unsigned char c : latin1) {
        if (c < 0x80) utf8 += char(c);
        else utf8 += {char(0xc0 | (c >> 6)), char(0x80 | (c & 0x3f))};
    }
    return utf8;
}

std::vector<TextChunk> textsOf(spng_ctx* context) {
    std::uint32_t count = 0;
    if (spng_get_text(context, nullptr, &count) != 0 || count == 0) return {};
    std::vector<spng_text> raw(count);
    if (spng_get_text(context, raw.data(), &count) != 0) return {};
    std::vector<TextChunk> texts;
    for (const spng_text& t : raw) {
        const std::string_view text(t.text, t.length);
        texts.push_back({t.keyword, t.type == SPNG_ITXT ? std::string(text) : utf8FromLatin1(text)});
    }
    return texts;
}

std::optional<Scale> scaleFromText(std::string_view text) {
    double microns = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), microns);
    if (problem != std::errc() || !std::isfinite(microns) || microns <= 0 || end == text.data() + text.size()) return {};
    return Scale{microns, scaleSourceFrom(text.substr(std::size_t(end + 1 - text.data())))};
}

// pHYs of a stranger's file is a printing resolution, not a microscope's; beside our request it is ours.
Scale takeScale(spng_ctx* context, std::vector<TextChunk>& texts) {
    Scale scale;
    const auto stated = std::find_if(texts.begin(), texts.end(), [](const TextChunk& t) { return t.keyword == scaleKeyword; });
    if (stated != texts.end()) {
        if (const auto read = scaleFromText(stated->text)) scale = *read;
        texts.erase(stated);
        return scale;
    }
    spng_phys phys = {};
    const bool ours = std::any_of(texts.begin(), texts.end(), [](const TextChunk& t) { return t.keyword == requestKeyword; });
    if (ours && spng_get_phys(context, &phys) == 0 && phys.unit_specifier == 1 && phys.ppu_x > 0)
        scale = {1e6 / phys.ppu_x, ScaleSource::Model};
    return scale;
}

Image overWhite(const std::vector<std::uint8_t>& rgba, int width, int height) {
    Image image(width, height);
    const std::uint8_t* in = rgba.data();
    for (std::uint8_t* out = image.rgb.data(); out != image.rgb.data() + image.rgb.size(); in += 4, out += 3)
        for (int c = 0; c < 3; ++c) out[c] = std::uint8_t((in[c] * in[3] + 255 * (255 - in[3]) + 127) / 255);
    return image;
}

void setTexts(spng_ctx* context, std::vector<TextChunk>& texts, std::vector<spng_text>& raw) {
    static char empty[] = "";
    for (TextChunk& chunk : texts) {
        if (chunk.keyword.empty() || chunk.keyword.size() > 79)
            throw Error(ErrorCode::WrongUse, "The PNG keyword \"" + chunk.keyword + "\" must have 1 to 79 letters.");
        if (chunk.text.empty()) continue; // says nothing, and libspng refuses it
        if (chunk.text.find('\0') != std::string::npos)
            throw Error(ErrorCode::WrongUse, "A text with a zero byte cannot be stored in a PNG.");
        spng_text t = {};
        std::snprintf(t.keyword, sizeof t.keyword, "%s", chunk.keyword.c_str());
        t.type = SPNG_ITXT;
        t.text = chunk.text.data();
        t.length = chunk.text.size();
        t.language_tag = t.translated_keyword = empty;
        raw.push_back(t);
    }
    if (raw.empty()) return;
    if (const int code = spng_set_text(context, raw.data(), std::uint32_t(raw.size())))
        throw Error(ErrorCode::WrongUse, "A text cannot be stored in a PNG.", spng_strerror(code));
}

} // namespace

std::string encodePng(const Image& image, const std::vector<TextChunk>& texts) {
    requireImageSize(std::uint64_t(image.width), std::uint64_t(image.height), "The picture");
    Context context(spng_ctx_new(SPNG_CTX_ENCODER), &spng_ctx_free);
    if (!context) throw Error(ErrorCode::OutOfMemory, "There is not enough memory to write a PNG.");
    spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
    spng_set_option(context.get(), SPNG_IMG_COMPRESSION_LEVEL, 4); // tissue hardly shrinks beyond this, time doubles
    spng_set_option(context.get(), SPNG_FILTER_CHOICE, SPNG_FILTER_CHOICE_SUB | SPNG_FILTER_CHOICE_UP | SPNG_FILTER_CHOICE_PAETH);
    spng_ihdr header = {std::uint32_t(image.width), std::uint32_t(image.height), 8, SPNG_COLOR_TYPE_TRUECOLOR, 0, 0, SPNG_INTERLACE_NONE};
    spng_set_ihdr(context.get(), &header);

    std::vector<TextChunk> all = texts;
    if (image.scale.known()) {
        const auto perMetre = std::uint32_t(std::clamp(std::round(1e6 / image.scale.micronsPerPixel), 1.0, 2147483647.0));
        spng_phys phys = {perMetre, perMetre, 1};
        spng_set_phys(context.get(), &phys);
        char number[32];
        char* const end = std::to_chars(number, number + sizeof number, image.scale.micronsPerPixel).ptr;
        all.push_back({scaleKeyword, std::string(number, end) + " " + std::string(toString(image.scale.source))});
    }
    std::vector<spng_text> raw; // libspng keeps pointers to these until the end
    setTexts(context.get(), all, raw);

    if (const int code = spng_encode_image(context.get(), image.rgb.data(), image.rgb.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE))
        throw Error(ErrorCode::Internal, "The picture could not be written as PNG.", spng_strerror(code));
    std::size_t size = 0;
    int code = 0;
    const std::unique_ptr<void, decltype(&std::free)> buffer(spng_get_png_buffer(context.get(), &size, &code), &std::free);
    if (!buffer) throw Error(ErrorCode::OutOfMemory, "There is not enough memory to write a PNG.", spng_strerror(code));
    return {static_cast<const char*>(buffer.get()), size};
}

PngFile decodePng(std::string_view bytes, const std::string& name) {
    const Context context = openPng(bytes, name);
    spng_ihdr header = {};
    if (const int code = spng_get_ihdr(context.get(), &header)) throw pngError(code, name);
    requireImageSize(header.width, header.height, name);
    spng_trns transparency = {};
    const bool alpha = header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA || header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
                       spng_get_trns(context.get(), &transparency) == 0;
    const int format = alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
    std::size_t size = 0;
    if (const int code = spng_decoded_image_size(context.get(), format, &size)) throw pngError(code, name);

    PngFile file;
    const int width = int(header.width), height = int(header.height);
    std::vector<std::uint8_t> rgba(alpha ? size : 0);
    if (!alpha) file.image = Image(width, height);
    std::uint8_t* out = alpha ? rgba.data() : file.image.rgb.data();
    if (const int code = spng_decode_image(context.get(), out, size, format, SPNG_DECODE_TRNS)) throw pngError(code, name);
    if (const int code = spng_decode_chunks(context.get())) throw pngError(code, name); // texts may stand behind the pixels
    if (alpha) file.image = overWhite(rgba, width, height);
    file.texts = textsOf(context.get());
    file.image.scale = takeScale(context.get(), file.texts);
    return file;
}

void writePng(const std::filesystem::path& path, const Image& image, const std::vector<TextChunk>& texts, IfExists ifExists) {
    writeFileAtomically(path, encodePng(image, texts), ifExists);
}

PngFile readPng(const std::filesystem::path& path) { return decodePng(readFile(path, imageFileLimitBytes), path.filename().string()); }

std::vector<TextChunk> readPngTexts(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const std::string bytes = readFile(path, imageFileLimitBytes);
    const Context context = openPng(bytes, name);
    spng_ihdr header = {};
    if (const int code = spng_get_ihdr(context.get(), &header)) throw pngError(code, name);
    std::vector<TextChunk> texts = textsOf(context.get());
    if (texts.empty()) return decodePng(bytes, name).texts; // some programs write texts behind the pixels
    takeScale(context.get(), texts);
    return texts;
}

} // namespace phloxine
