#include "core/measure/learning/train_tile_net.h"

#include <algorithm>
#include <set>

#include <c10/core/GradMode.h>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr int evaluationBatch = 32;

// Goes through its items in random order, again and again.
class Deck {
public:
    explicit Deck(std::vector<int> items = {}) : m_items(std::move(items)) {}
    int draw(Dice& dice) {
        if (m_next == 0) dice.shuffle(m_items);
        const int item = m_items[m_next];
        m_next = (m_next + 1) % m_items.size();
        return item;
    }
    bool empty() const { return m_items.empty(); }

private:
    std::vector<int> m_items;
    std::size_t m_next = 0;
};

// Which tiles form the next batch.
class Batches {
public:
    Batches(const TileData& data, bool pairs, std::uint64_t seed) : m_pairs(pairs), m_dice(seed) {
        std::map<int, std::vector<int>> groups;
        std::map<int, std::set<int>> groupsOfClass;
        std::map<int, std::vector<int>> tilesOfClass;
        for (int i = 0; i < data.tiles(); ++i) {
            const auto row = std::size_t(i);
            groups[data.groups[row]].push_back(i);
            groupsOfClass[data.labels[row]].insert(data.groups[row]);
            tilesOfClass[data.labels[row]].push_back(i);
        }
        for (auto& [id, tiles] : groups) m_groups.emplace(id, Deck(std::move(tiles)));
        for (const auto& [label, tiles] : tilesOfClass) {
            const auto& ids = groupsOfClass[label];
            m_classes.emplace_back(pairs ? std::vector<int>(ids.begin(), ids.end()) : tiles);
        }
    }

    std::vector<int> next(int size) {
        std::vector<int> rows;
        for (int i = 0; int(rows.size()) < size; ++i) {
            const int item = m_classes[std::size_t((m_turn++) % int(m_classes.size()))].draw(m_dice);
            if (!m_pairs) rows.push_back(item);
            else
                for (int twice = 0; twice < 2; ++twice) rows.push_back(m_groups.at(item).draw(m_dice));
        }
        rows.resize(std::size_t(size));
        return rows;
    }

private:
    bool m_pairs;
    Dice m_dice;
    int m_turn = 0;
    std::vector<Deck> m_classes;  // of tiles, or of groups
    std::map<int, Deck> m_groups; // of tiles
};

// The masters with the convolutions in the precision of the computation: differentiable copies, made anew each step.
Weights computing(const Weights& masters, at::ScalarType precision) {
    Weights cast = masters;
    for (auto& [key, tensor] : cast)
        if (tensor.dim() == 4 ||
            (key.ends_with("bias") && key.find("norm") == std::string::npos && cast.count(key.substr(0, key.size() - 4) + "weight") &&
             masters.at(key.substr(0, key.size() - 4) + "weight").dim() == 4))
            tensor = tensor.to(precision);
    return cast;
}

class AdamW {
public:
    AdamW(const Weights& masters, double weightDecay) {
        for (const auto& [key, tensor] : masters) {
            auto& part = m_parts[tensor.dim() > 1 ? 0 : 1]; // norms and biases do not decay
            part.decay = tensor.dim() > 1 ? weightDecay : 0;
            part.masters.push_back(tensor);
            part.first.push_back(at::zeros_like(tensor));
            part.second.push_back(at::zeros_like(tensor));
            part.steps.push_back(at::zeros({}, at::TensorOptions(at::kFloat).device(tensor.device())));
        }
    }

    // Takes the gradients from the masters, no longer than 1 together, and clears them.
    void step(double rate) {
        const c10::AutoGradMode off(false);
        std::vector<at::Tensor> sums;
        for (auto& part : m_parts) {
            part.gradients.clear();
            for (auto& master : part.masters) {
                part.gradients.push_back(master.grad());
                sums.push_back(master.grad().square().sum());
            }
        }
        const auto all = at::stack(sums).to(at::kCPU, at::kDouble); // one wait for a device
        double squares = 0;
        for (std::int64_t i = 0; i < all.numel(); ++i) squares += all.const_data_ptr<double>()[i]; // in this order on every processor
        const double shrink = 1 / std::max(1.0, std::sqrt(squares));
        for (auto& part : m_parts) {
            if (shrink < 1) at::_foreach_mul_(part.gradients, shrink);
            at::_foreach_add_(part.steps, 1);
            at::_fused_adamw_(part.masters, part.gradients, part.first, part.second, {}, part.steps, rate, 0.9, 0.99, part.decay, 1e-8,
                              false, false);
            for (auto& master : part.masters) master.mutable_grad() = at::Tensor();
        }
    }

private:
    struct Part {
        std::vector<at::Tensor> masters, gradients, first, second, steps;
        double decay = 0;
    };
    Part m_parts[2];
};

double rateAt(const TileTraining& how, int step) {
    const int warmUp = std::max(1, how.steps / 20);
    if (step < warmUp) return how.rate * (step + 1) / warmUp;
    return how.rate * 0.5 * (1 + std::cos(std::acos(-1.0) * (step - warmUp) / std::max(1, how.steps - warmUp)));
}

at::Tensor unit(const at::Tensor& x) { return x / x.norm(2, {1}, true).clamp_min(1e-12); }

at::Tensor lossOf(const nn::TileNet& net, const at::Tensor& x, const at::Tensor& labels, const at::Tensor& groups,
                  const TileTraining& how) {
    const auto pooled = nn::TileNet::pooled(net.cells(x));
    auto loss = at::cross_entropy_loss(net.logits(pooled), labels);
    if (how.contrast > 0) loss = loss + how.contrast * contrastiveLoss(unit(pooled), groups, how.temperature);
    return loss;
}

at::Device deviceOf(const Weights& weights) { return weights.empty() ? at::Device(at::kCPU) : weights.begin()->second.device(); }

// Runs `use` on the tiles as the network sees them, a few at a time.
void forBatches(const at::Tensor& pixels, int sizePx, TileInput input, const std::function<void(const at::Tensor& x)>& use) {
    const c10::AutoGradMode off(false);
    Dice unused(0);
    for (std::int64_t i = 0; i < pixels.size(0); i += evaluationBatch) {
        const auto part = pixels.narrow(0, i, std::min<std::int64_t>(evaluationBatch, pixels.size(0) - i));
        use(networkInput(augmentTiles(part, sizePx, noAugmentation(), unused), input));
    }
}

} // namespace

at::Tensor indices(const std::vector<int>& numbers) {
    auto t = at::empty({std::int64_t(numbers.size())}, at::kLong);
    std::copy(numbers.begin(), numbers.end(), t.data_ptr<std::int64_t>());
    return t;
}

int TileData::groupCount() const { return int(std::set<int>(groups.begin(), groups.end()).size()); }

TileData TileData::rows(const std::vector<int>& which) const {
    TileData part{pixels.index_select(0, indices(which)), {}, {}, classes};
    for (const int i : which) {
        part.labels.push_back(labels[std::size_t(i)]);
        part.groups.push_back(groups[std::size_t(i)]);
    }
    return part;
}

void requireTrainable(const TileData& data, const std::string& what, int leastGroups) {
    if (data.tiles() == 0) throw Error(ErrorCode::WrongUse, what + " has no tiles to train on.");
    if (data.groups.size() != data.labels.size() || !data.pixels.defined() || data.pixels.size(0) != data.tiles())
        throw Error(ErrorCode::Internal, what + " has tiles without a class or a group.");
    std::vector<std::set<int>> groups(std::size_t(std::max(0, data.classes)));
    for (int i = 0; i < data.tiles(); ++i) {
        const int label = data.labels[std::size_t(i)];
        if (label < 0 || label >= data.classes)
            throw Error(ErrorCode::WrongUse, what + " has a tile whose class is not one of its classes.");
        groups[std::size_t(label)].insert(data.groups[std::size_t(i)]);
    }
    const auto used = std::count_if(groups.begin(), groups.end(), [](const auto& ids) { return !ids.empty(); });
    if (used < 2) throw Error(ErrorCode::WrongUse, what + " has tiles of one class only; a classifier needs at least two classes.");
    for (std::size_t c = 0; c < groups.size(); ++c)
        if (!groups[c].empty() && int(groups[c].size()) < leastGroups)
            throw Error(ErrorCode::WrongUse, what + " has only " + std::to_string(groups[c].size()) + " group" +
                                                 (groups[c].size() == 1 ? "" : "s") + " of tiles in one of its classes; at least " +
                                                 std::to_string(leastGroups) + " are needed to train on some and test on others.");
}

at::Tensor networkInput(const at::Tensor& rgb, TileInput input) {
    return input == TileInput::Colour ? rgb * 2 - 1 : haematoxylinOf(rgb) * 2 - 1; // densities of nuclei are about 0..1
}

at::Tensor contrastiveLoss(const at::Tensor& z, const at::Tensor& ids, double temperature) {
    const auto n = z.size(0);
    const auto self = at::eye(n, at::TensorOptions(at::kBool).device(z.device()));
    const auto positive = at::eq(ids.unsqueeze(0), ids.unsqueeze(1)).logical_and(self.logical_not()).to(at::kFloat);
    const auto logits = (at::matmul(z, z.t()) / temperature).masked_fill(self, -1e9);
    const auto count = positive.sum(1);
    const auto each = -(at::log_softmax(logits, 1) * positive).sum(1) / count.clamp_min(1);
    return each.sum() / count.gt(0).sum().clamp_min(1);
}

Weights trainTileNet(const TileData& data, const TileTraining& how, const TrainHook& hook) {
    requireTrainable(data, "The training set");
    nn::TileNetShape shape = how.shape;
    shape.channels = how.input == TileInput::Colour ? 3 : 1;
    shape.classes = data.classes;
    Weights masters = nn::newTileNet(shape, how.seed);
    for (auto& [key, tensor] : masters) tensor = tensor.to(how.device).requires_grad_(true);
    AdamW optimiser(masters, how.weightDecay);
    Batches batches(data, how.contrast > 0, how.seed);
    Dice dice(how.seed + 0x9e3779b97f4a7c15ull);
    const auto labels = indices(data.labels), groups = indices(data.groups);
    for (int step = 0; step < how.steps; ++step) {
        const auto rows = indices(batches.next(how.batch));
        const auto x =
            networkInput(augmentTiles(data.pixels.index_select(0, rows), how.sizePx, how.augmentation, dice), how.input).to(how.device);
        const auto of = [&](const at::Tensor& numbers) { return numbers.index_select(0, rows).to(how.device); };
        const c10::AutoGradMode on(true);
        const auto cast = computing(masters, how.precision);
        const nn::TileNet net(WeightView(cast, Binding::train()), shape);
        const auto loss = lossOf(net, x, of(labels), of(groups), how);
        const double value = loss.item<double>();
        if (!std::isfinite(value))
            throw Error(ErrorCode::Nan, "The training became unstable at step " + std::to_string(step + 1) +
                                            " (the loss is not a number); use a smaller rate.");
        loss.backward();
        optimiser.step(rateAt(how, step));
        if (hook) hook(step + 1, value);
    }
    for (auto& [key, tensor] : masters) tensor = tensor.detach().cpu();
    requireFinite(masters, "The trained network");
    return masters;
}

at::Tensor tileLogits(const Weights& weights, const at::Tensor& pixels, int sizePx, TileInput input) {
    const nn::TileNet net(WeightView(weights, Binding::train()), nn::tileNetShape(weights));
    const auto device = deviceOf(weights);
    std::vector<at::Tensor> parts;
    forBatches(pixels, sizePx, input,
               [&](const at::Tensor& x) { parts.push_back(net.logits(nn::TileNet::pooled(net.cells(x.to(device)))).cpu()); });
    return at::cat(parts);
}

Fingerprints fingerprints(const Weights& weights, const at::Tensor& pixels, int sizePx, bool withCells) {
    const nn::TileNet net(WeightView(weights, Binding::train()), nn::tileNetShape(weights));
    const auto device = deviceOf(weights);
    std::vector<at::Tensor> whole, cells;
    forBatches(pixels, sizePx, TileInput::Colour, [&](const at::Tensor& x) {
        const auto map = net.cells(x.to(device));
        whole.push_back(unit(nn::TileNet::pooled(map)).cpu());
        if (withCells) cells.push_back(nn::TileNet::dense(map).cpu());
    });
    return {at::cat(whole), withCells ? at::cat(cells) : at::Tensor()};
}

} // namespace phloxine
